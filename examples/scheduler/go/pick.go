package main

import "net/http"

// Names of the host's own strategies, as the ABI spells them.
const (
	fillFirst  = "fill-first"
	roundRobin = "round-robin"
)

// pickRequest is what this plugin reads of a scheduler.pick request. The host also sends the provider, the model,
// the request's headers and each candidate's priority and attributes.
type pickRequest struct {
	Candidates []candidate
}

type candidate struct {
	ID string
}

// pickDecision is the result of scheduler.pick. The zero value leaves the pick to the host.
type pickDecision struct {
	AuthID          string
	DelegateBuiltin string
	Handled         bool
}

// decide chooses among the candidates. An error ends the client's request; there is no fallback to another scheduler.
func decide(s settings, candidates []candidate) (pickDecision, *callError) {
	if s.deny {
		return pickDecision{}, &callError{
			Code:       "scheduler_denied",
			Message:    "the scheduler plugin denies every request (its setting deny is true)",
			HTTPStatus: http.StatusForbidden,
		}
	}
	switch s.delegate {
	case "":
	case fillFirst, roundRobin:
		return pickDecision{DelegateBuiltin: s.delegate, Handled: true}, nil
	default:
		return pickDecision{}, nil
	}
	if s.authID == "" {
		return pickDecision{}, nil
	}
	for _, c := range candidates {
		if c.ID == s.authID {
			return pickDecision{AuthID: c.ID, Handled: true}, nil
		}
	}
	return pickDecision{}, nil
}
