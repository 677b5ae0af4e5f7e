package manifest

import "strings"

// expand replaces $(NAME) as the kubelet does: $(NAME) stays as written if env does not have the
// name, and $$ is a dollar sign.
func expand(text string, env map[string]string) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "$")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		name, rest, closed := strings.Cut(strings.TrimPrefix(after, "("), ")")
		value, known := env[name]
		switch {
		case strings.HasPrefix(after, "$"):
			out.WriteByte('$')
			text = after[1:]
		case strings.HasPrefix(after, "(") && closed && known:
			out.WriteString(value)
			text = rest
		default:
			out.WriteByte('$')
			text = after
		}
	}
}

func expandAll(texts []string, env map[string]string) (expanded []string) {
	for _, text := range texts {
		expanded = append(expanded, expand(text, env))
	}
	return expanded
}
