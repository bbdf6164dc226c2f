# The relay as a plain process: docs/relay.md. Built from the root of the repository after `npm run package`:
#   docker build --file infra/relay.Dockerfile --tag iothub-standby-relay .
FROM node:22-slim
WORKDIR /app
COPY out/app/ ./
USER node
CMD ["node", "dist/src/relay/main.js"]
