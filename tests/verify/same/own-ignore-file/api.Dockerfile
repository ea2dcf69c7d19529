FROM debian:bookworm
ADD . /srv/api/
ENV PORT 8080
CMD ["ls", "/srv/api"]
