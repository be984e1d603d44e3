# SPDX-License-Identifier: MIT
# The image of sla-runner: its static binary, the links iam-starter and ssm-starter, and what is in it,
# /usr/share/doc/sla-runner/sla-runner.spdx.json; nothing else.
#
#   docker build -t sla-runner .                  the image
#   docker build -t sla-runner-dev --target dev . a shell, the compiler, the source, the program
#   docker buildx build --platform linux/amd64,linux/arm64 -t sla-runner .
#                                                 for both, each compiled on this machine
#
# The first step builds what seldom changes, so that a builder keeps it.
FROM --platform=$BUILDPLATFORM debian:bookworm-slim AS build
ARG TARGETARCH
WORKDIR /src
COPY examples/build-static examples/
RUN examples/build-static --arch "$TARGETARCH" --dependencies /static
ARG SOURCE_DATE_EPOCH=0
ARG COMMIT
ENV SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH SLA_COMMIT=$COMMIT
COPY . .
RUN examples/build-static --arch "$TARGETARCH" /static && cp -a /static/*/root /image && \
    install -D -m 644 /static/*/sla-runner.spdx.json -t /image/usr/share/doc/sla-runner

# What a release needs besides. docker run --rm -it sla-runner-dev examples/release --publish
FROM build AS dev
RUN apt-get update -q=2 && DEBIAN_FRONTEND=noninteractive apt-get install -q=2 \
    --no-install-recommends git make python3 twine >/dev/null && \
    cp -a /image/usr/local/bin/. /usr/local/bin/

FROM scratch AS runner
ARG VERSION
ARG COMMIT
LABEL org.opencontainers.image.title="sla-runner" \
      org.opencontainers.image.description="Runs a test again and again, publishes each result to SNS and keeps its log in S3" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$COMMIT
COPY --from=build /image/ /
USER 65534:65534
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/sla-runner"]
