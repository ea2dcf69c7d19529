FROM debian:bookworm
ENV OPTS=a LEVEL=3
