FROM debian:bookworm
ENV SECONDS_TO_WAIT=60
CMD ["sleep", "$SECONDS_TO_WAIT"]
