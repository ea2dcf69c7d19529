FROM alpine:3.20
RUN apk add --no-cache --virtual make build-tools zlib-dev && apk del build-tools
