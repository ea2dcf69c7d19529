FROM debian:bookworm
WORKDIR /build
RUN touch made
COPY app.conf ./
