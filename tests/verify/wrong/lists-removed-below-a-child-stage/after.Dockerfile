FROM debian:bookworm AS base
RUN apt-get update && rm -rf /var/lib/apt/lists/*
FROM base
RUN apt-get install -y --no-install-recommends tree
