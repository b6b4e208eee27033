# One replica of Footnote: bots, workers and schedule (`serve --role web|worker` divides them).
FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 FOOTNOTE_DATA_DIR=/data
WORKDIR /app
# The optional packages bring a Node for machines whose own is too old; this image has the right one.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional && npm cache clean --force
COPY src src
# The sample site of `footnote demo`.
COPY sandbox sandbox
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 3000
# A replica with `--role worker` does not listen: start it with --no-healthcheck.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/main.ts", "serve"]
