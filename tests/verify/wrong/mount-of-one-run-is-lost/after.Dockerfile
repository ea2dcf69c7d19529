FROM debian:bookworm
RUN mkdir -p /scratch && echo part > /scratch/part && cp /scratch/part /srv/part \
    && touch /srv/done
