FROM debian:bookworm
ENV PATH=/opt/two/bin:$PATH
