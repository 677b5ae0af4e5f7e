# Ready means: the master, or a replica that has what the master has.
set -eu
sh /etc/redis/cli.sh ping
sh /etc/redis/cli.sh INFO replication | grep -q -e '^role:master' -e '^master_link_status:up'
