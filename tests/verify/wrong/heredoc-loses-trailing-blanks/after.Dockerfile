FROM debian:bookworm
COPY <<TABLE /srv/table
one
two
TABLE
