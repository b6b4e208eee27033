/** How long a draft waits for its disclaimer to be accepted; then it is deleted with the credential that it holds. */
export const draftMs = 3_600_000
