package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"pixelplayground/transport/api"
)

const portCheck = "ports"

// reach is how long somebody else may take to answer.
const reach = 2 * time.Second

// examinePorts tries whether the addresses to listen at are free, or taken by a server that runs.
func examinePorts(ctx context.Context, p patient) (found []Finding) {
	runs, version := serves(ctx, p.Listen)
	examine := func(setting, network, address string) {
		err := free(ctx, network, address)
		name := fmt.Sprintf("--%s %s (%s)", setting, address, network)
		switch {
		case err == nil:
			found = append(found, fine(portCheck, "%s is free", name))
		case errors.Is(err, syscall.EADDRINUSE) && runs:
			found = append(found, fine(portCheck, "%s is in use; a server runs here, version %s", name, version))
		case errors.Is(err, syscall.EADDRINUSE):
			found = append(found, fault(portCheck, name+" is in use by another program", "stop it, or choose another port"))
		case errors.Is(err, syscall.EACCES):
			found = append(found, fault(portCheck, name+" is not for this user", "choose a port above 1023"))
		case errors.Is(err, syscall.EADDRNOTAVAIL):
			found = append(found, fault(portCheck, name+" is no address of this computer", "choose one of its own, or none for all of them, as in :8080"))
		default:
			found = append(found, fault(portCheck, fmt.Sprintf("%s: %v", name, err), "choose an address of this computer"))
		}
	}
	examine("listen", "tcp", p.Listen)
	if p.AdminListen != "" {
		examine("admin-listen", "tcp", p.AdminListen)
	}
	if len(p.Join) > 0 {
		examine("gossip", "tcp", p.Gossip)
		examine("gossip", "udp", p.Gossip)
		examine("peer", "tcp", p.Peer)
	}
	return found
}

// free listens for a moment.
func free(ctx context.Context, network, address string) error {
	if network == "udp" {
		l, err := new(net.ListenConfig).ListenPacket(ctx, network, address)
		if err != nil {
			return err
		}
		return l.Close()
	}
	l, err := new(net.ListenConfig).Listen(ctx, network, address)
	if err != nil {
		return err
	}
	return l.Close()
}

// serves reports whether a server answers at an address to listen at, and which version it is.
func serves(ctx context.Context, listen string) (runs bool, version string) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil || port == "0" {
		return false, ""
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(ctx, reach)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return false, ""
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false, ""
	}
	defer response.Body.Close()
	var said struct {
		Status   string
		Versions api.Versions
	}
	err = json.NewDecoder(io.LimitReader(response.Body, 4096)).Decode(&said)
	if said.Versions.Program == "" {
		said.Versions.Program = "unknown" // servers before 0.3.0 don't say it
	}
	return err == nil && said.Status == "alive", said.Versions.Program
}

// examineOthers looks up where --join leads, and tries whether servers answer there.
func examineOthers(ctx context.Context, p patient) (found []Finding) {
	if len(p.Join) == 0 {
		return nil
	}
	const check = "join"
	reached := 0
	for _, seed := range p.Cluster(nil).LookUp(ctx) {
		if seed.Err != nil {
			found = append(found, warning(check, seed.Join+": "+oneLine(seed.Err), "see that the name is right and that DNS knows it; servers that are not up yet need not be there"))
			continue
		}
		var silent []string
		for _, address := range seed.Addresses {
			if connects(ctx, address) {
				reached++
			} else {
				silent = append(silent, address)
			}
		}
		said := fmt.Sprintf("%s leads to %s", seed.Join, strings.Join(seed.Addresses, ", "))
		if len(silent) == 0 {
			found = append(found, fine(check, "%s, where servers listen", said))
			continue
		}
		found = append(found, warning(check, said+"; nobody listens at "+strings.Join(silent, ", "),
			"if servers run there, let TCP and UDP of --gossip and TCP of --peer through between all of them"))
	}
	if reached == 0 {
		found = append(found, warning(check, "no other server was reached", "of the first server of a cluster that is right: it serves alone until others come"))
	}
	return found
}

func connects(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, reach)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}
