# One static binary on an empty image. Build it with `make image`.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/ ./cmd/playground ./cmd/pixelctl \
 && mkdir /out/data

FROM scratch
# For rediss:// with a certificate of a public authority.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/playground /out/pixelctl /usr/local/bin/
# The embedded store writes here.
COPY --from=build --chown=65532:65532 /out/data /data
VOLUME /data
USER 65532:65532
ENV PLAYGROUND_LISTEN=0.0.0.0:8080 PLAYGROUND_DATA=/data
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/playground"]
