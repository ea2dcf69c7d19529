FROM debian:bookworm
RUN touch /srv/a.tmp /srv/b.tmp /srv/c
RUN rm -f "/srv/*.tmp"
