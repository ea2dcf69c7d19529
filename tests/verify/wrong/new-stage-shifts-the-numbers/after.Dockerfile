FROM debian:bookworm
RUN echo base > /name
FROM debian:bookworm
RUN echo builder > /name
FROM debian:bookworm
COPY --from=0 /name /srv/name
