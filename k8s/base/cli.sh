# redis-cli with the password in use, for probes and for people:
#   sh /etc/redis/cli.sh [-h HOST] [-p PORT] COMMAND ...
REDISCLI_AUTH=$(cat /run/redis/password) || exit 1
export REDISCLI_AUTH
exec redis-cli -e -h "$POD_IP" "$@"
