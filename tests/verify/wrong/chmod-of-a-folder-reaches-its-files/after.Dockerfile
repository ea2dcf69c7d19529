FROM debian:bookworm
COPY --chmod=711 app /srv/app
