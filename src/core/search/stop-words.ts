// English words that say nothing about what a text is about: articles, pronouns, auxiliaries and the words that
// questions begin with. Forms with an apostrophe lose it here, as people leave it out. Deliberately absent: words that
// are also names of things (may, will, id, well). `IT`, `US` and `WHO` in capitals stay (analysis.ts).
const WORDS = `
a about above after again against all also am an and any anybody anyone anything are arent as at
be because been before being below between both but by
can cannot cant could couldnt did didnt do does doesnt doing dont down during
each eg either else etc ever every few for from further
had hadnt has hasnt have havent having he her here heres hers herself hes him himself his how hows
i ie if im in into is isnt it itd itll its itself ive just let lets
me might more most must my myself no nor not of off on once only or other ought our ours ourselves out over own
please same shall shant she shes should shouldnt so some somebody someone something such
than thank thanks that thats the their theirs them themselves then there theres these they theyd theyll theyre theyve
this those through to too under until up upon us very via
was wasnt we weve were werent what whats whatever when whens where wheres whether which while who whod wholl whom
whos whose why whys with without wont would wouldnt yet you youd youll your youre yours yourself yourselves youve
`

export const stopWords: ReadonlySet<string> = new Set(WORDS.trim().split(/\s+/))
