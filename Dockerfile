# Freshet's image: one binary, its libraries from Debian's packages, a user without rights.
#
#   docker build -t freshet .
#   docker run --rm freshet --version
#   docker run -v "$PWD/worker.yaml:/etc/freshet/worker.yaml:ro" -v freshet-state:/var/lib/freshet freshet
#
# Each step is a script of scripts/image; `scripts/image/try` runs the same scripts without Docker.

FROM debian:bookworm-slim AS build
WORKDIR /src
# First what changes seldom, so that its layer is kept.
COPY scripts/setup scripts/setup
RUN scripts/setup build
COPY . .
RUN scripts/image/build /out

FROM debian:bookworm-slim
COPY --from=build /out/ /
COPY scripts/image/runtime /tmp/runtime
RUN /tmp/runtime && rm /tmp/runtime
USER 10001:10001
WORKDIR /usr/local/share/freshet
VOLUME /var/lib/freshet
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["freshet", "health", "-c", "/etc/freshet/worker.yaml"]
ENTRYPOINT ["freshet"]
CMD ["run", "-c", "/etc/freshet/worker.yaml"]
