# Static binaries on an empty image. Build it with `make image`, or for several platforms
# with `docker buildx build --platform linux/amd64,linux/arm64`: Go compiles for the target
# on the machine that builds, so nothing is emulated. `make dist` makes the same image without
# an engine: it reads the last stage.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH
ARG VERSION=dev
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags "-s -w -X pixelplayground/cmd/commandline.stamp=${VERSION}" -o /out/ ./cmd/playground ./cmd/pixelctl \
 && mkdir /out/data

FROM scratch
ARG VERSION=dev
LABEL org.opencontainers.image.title="Pixel Playground" \
      org.opencontainers.image.description="A canvas that anyone can draw on together" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}"
# For rediss:// with a certificate of a public authority.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/playground /out/pixelctl /usr/local/bin/
# The embedded store writes here.
COPY --from=build --chown=65532:65532 /out/data /data
VOLUME /data
USER 65532:65532
ENV PLAYGROUND_LISTEN=:8080 PLAYGROUND_DATA=/data
# People; in a cluster also gossip and peers, where --gossip and --peer say so.
EXPOSE 8080 7946 7946/udp 7947
ENTRYPOINT ["/usr/local/bin/playground"]
