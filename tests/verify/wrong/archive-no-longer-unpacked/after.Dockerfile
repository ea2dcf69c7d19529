FROM debian:bookworm
COPY site.tar.gz /srv/site/
