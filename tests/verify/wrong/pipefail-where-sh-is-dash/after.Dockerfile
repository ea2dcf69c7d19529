FROM ubuntu:22.04
RUN set -o pipefail && seq 1 3 | tac > /srv/numbers
