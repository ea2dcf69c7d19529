FROM debian:bookworm
WORKDIR /opt
RUN mkdir -p /srv/app && cd /srv/app && touch built \
    && touch here
