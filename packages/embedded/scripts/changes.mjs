// What the embedded Kafka changes in the modules that it is made of, so that it does as Apache Kafka does and bears what it is sent. Each place must be found exactly once, so that a newer
// kfake cannot lose a change silently.

const module = 'github.com/twmb/franz-go/pkg/kfake'
const messages = 'github.com/twmb/franz-go/pkg/kmsg'

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
  {
    module,
    file: 'groups.go',
    // Apache Kafka answers for a group that nobody has heard of as for one without commits.
    from: `		g, ok := gs.gs[rg.Group]
		if !ok {
			sg.ErrorCode = kerr.GroupIDNotFound.Code
			continue
		}
		g.fillOffsetFetch(creq, rg, sg, unstable)
`,
    to: `		g, ok := gs.gs[rg.Group]
		if !ok {
			g = &group{c: gs.c, name: rg.Group}
		}
		g.fillOffsetFetch(creq, rg, sg, unstable)
`,
  },
  {
    module,
    file: '19_create_topics.go',
    // Apache Kafka takes no other names.
    from: `	if _, ok := c.data.tps.gett(rt.Topic); ok {
		return 0, 0, nil, kerr.TopicAlreadyExists
`,
    to: `	if !isTopicName(rt.Topic) {
		return 0, 0, nil, kerr.InvalidTopicException
	}
	if _, ok := c.data.tps.gett(rt.Topic); ok {
		return 0, 0, nil, kerr.TopicAlreadyExists
`,
  },
  {
    module,
    file: 'data.go',
    from: `func normalizeTopicName(t string) string {
`,
    to: `var topicName = regexp.MustCompile("^[a-zA-Z0-9._-]{1,249}$")

func isTopicName(t string) bool { return topicName.MatchString(t) && t != "." && t != ".." }

func normalizeTopicName(t string) string {
`,
  },
  {
    module,
    file: '03_metadata.go',
    from: `				donet(topic, rt.TopicID, kerr.UnknownTopicOrPartition.Code)
`,
    to: `				if code := kerr.UnknownTopicOrPartition.Code; isTopicName(topic) {
					donet(topic, rt.TopicID, code)
				} else {
					donet(topic, rt.TopicID, kerr.InvalidTopicException.Code)
				}
`,
  },
  {
    module,
    file: '75_describe_topic_partitions.go',
    // Java's admin client takes no null here: kafka-topics.sh and kafka-consumer-groups.sh --describe would fail.
    from: `			sp.ISR = sp.Replicas
`,
    to: `			sp.ISR = sp.Replicas
			sp.EligibleLeaderReplicas = []int32{}
			sp.LastKnownELR = []int32{}
`,
  },
  {
    module,
    file: '19_create_topics.go',
    // Of a topic without settings of its own Apache Kafka tells an empty list; Java's AdminClient ends over a missing one.
    from: `		for k, v := range configs {
			c := kmsg.NewCreateTopicsResponseTopicConfig()
`,
    to: `		st.Configs = []kmsg.CreateTopicsResponseTopicConfig{}
		for k, v := range configs {
			c := kmsg.NewCreateTopicsResponseTopicConfig()
`,
  },
  {
    module: messages,
    file: 'api.go',
    // A request that announces billions of tags would be read for half a minute after its last byte.
    from: `		key, size := b.Uvarint(), b.Uvarint()
		t.Set(key, b.Span(int(size)))
	}
	return t
}

// Tags is`,
    to: `		key, size := b.Uvarint(), b.Uvarint()
		t.Set(key, b.Span(int(size)))
		if !b.Ok() {
			break
		}
	}
	return t
}

// Tags is`,
  },
  {
    module: messages,
    file: 'api.go',
    from: `		_, size := b.Uvarint(), b.Uvarint()
		b.Span(int(size))
`,
    to: `		_, size := b.Uvarint(), b.Uvarint()
		b.Span(int(size))
		if r, ok := b.(interface{ Ok() bool }); ok && !r.Ok() {
			return
		}
`,
  },
]
