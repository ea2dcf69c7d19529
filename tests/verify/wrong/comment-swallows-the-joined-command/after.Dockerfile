FROM debian:bookworm
RUN touch /srv/one # the first && touch /srv/two
