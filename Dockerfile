# SPDX-License-Identifier: MIT
# The image of sla-runner: its static binary, the links iam-starter and ssm-starter, nothing else.
#
#   docker build -t sla-runner .                  the image
#   docker build -t sla-runner-dev --target dev . a shell, the compiler, the source
#
# The first step builds what seldom changes, so that a builder keeps it.
FROM debian:bookworm-slim AS dev
WORKDIR /src
COPY examples/build-static examples/
RUN examples/build-static --dependencies /static
ARG SOURCE_DATE_EPOCH=0
ENV SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH
COPY . .
RUN examples/build-static /static && cp -a "/static/$(uname -m)/root" /image

FROM scratch AS runner
COPY --from=dev /image/ /
USER 65534:65534
ENTRYPOINT ["/usr/local/bin/sla-runner"]
