// What the embedded Kafka changes in kfake, so that it does as Apache Kafka does. Each place must be found exactly once, so that a newer
// kfake cannot lose a change silently.

const module = 'github.com/twmb/franz-go/pkg/kfake'

export const changes = [
  {
    module,
    file: 'groups.go',
    // Apache Kafka (GroupMetadataManager, KIP-345) asks only whether the group's protocol stays the same, not whether the metadata does;
    // and tells a leader that cannot skip the assignment (KIP-814, before version 9) the member id that it had before.
    from: `	if g.state == groupStable && old.sameJoin(req) {
		if g.leader == oldMemberID {
			g.leader = memberID
		}
		g.updateHeartbeat(m)
		g.fillJoinResp(memberID, resp)
		if resp.LeaderID == memberID {
			resp.SkipAssignment = true
		}
		return resp, true
	}
`,
    to: `	sameName := func(a, b kmsg.JoinGroupRequestProtocol) bool { return a.Name == b.Name }
	if g.state == groupStable && slices.EqualFunc(old.join.Protocols, req.Protocols, sameName) {
		isLeader := g.leader == oldMemberID
		if isLeader {
			g.leader = memberID
		}
		g.updateHeartbeat(m)
		g.fillJoinResp(memberID, resp)
		if isLeader && req.Version >= 9 {
			resp.SkipAssignment = true
		} else if isLeader {
			resp.LeaderID = oldMemberID
			resp.Members = nil
		}
		return resp, true
	}
`,
  },
]
