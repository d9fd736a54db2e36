// What JavaScript may ask of a cluster: to open and close it, and what its topics and brokers are to do.

package main

import (
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

var calls = map[string]func([]byte) (any, error){
	"open":             typed(open),
	"close":            typed(closeCluster),
	"createTopics":     typed(createTopics),
	"deleteTopics":     typed(deleteTopics),
	"ends":             typed(ends),
	"committed":        typed(committed),
	"fault":            typed(fault),
	"delay":            typed(delay),
	"hits":             typed(hits),
	"lift":             typed(lift),
	"leader":           typed(leader),
	"moveLeader":       typed(moveLeader),
	"coordinator":      typed(coordinator),
	"moveCoordinators": typed(moveCoordinators),
	"addBroker":        typed(addBroker),
	"dropBroker":       typed(dropBroker),
	"crash":            typed(crash),
}

var clusters = struct {
	sync.Mutex
	byID map[int]*kfake.Cluster
}{byID: map[int]*kfake.Cluster{}}

type of struct {
	Cluster int `json:"cluster"`
}

func (o of) find() (*kfake.Cluster, error) {
	clusters.Lock()
	defer clusters.Unlock()
	cluster := clusters.byID[o.Cluster]
	if cluster == nil {
		return nil, fmt.Errorf("this Kafka is stopped")
	}
	return cluster, nil
}

type newTopic struct {
	Name       string            `json:"name"`
	Partitions int32             `json:"partitions"`
	Config     map[string]string `json:"config"`
}

type openParams struct {
	of
	Ports      []int             `json:"ports"`
	Directory  string            `json:"directory"`
	Partitions int               `json:"partitions"`
	Config     map[string]string `json:"config"`
}

// Kafka's own name; kfake has it as an option of its own.
const minSessionTimeout = "group.min.session.timeout.ms"

func open(p openParams) (any, error) {
	options := []kfake.Opt{
		kfake.Ports(p.Ports...),
		kfake.ListenFn(listen),
		kfake.ClusterID("racecar-embedded"),
		kfake.DataDir(p.Directory), // empty: in memory
		kfake.DefaultNumPartitions(p.Partitions),
		kfake.WithLogger(logger{}),
	}
	if given, ok := p.Config[minSessionTimeout]; ok {
		milliseconds, err := strconv.Atoi(given)
		if err != nil {
			return nil, fmt.Errorf("%s is a number of milliseconds, not %q", minSessionTimeout, given)
		}
		options = append(options, kfake.GroupMinSessionTimeout(time.Duration(milliseconds)*time.Millisecond))
		delete(p.Config, minSessionTimeout)
	}
	options = append(options, kfake.BrokerConfigs(p.Config))
	cluster, err := kfake.NewCluster(options...)
	if err != nil {
		return nil, err
	}
	clusters.Lock()
	clusters.byID[p.Cluster] = cluster
	clusters.Unlock()
	return nil, nil
}

func closeCluster(p of) (any, error) {
	cluster, err := p.find()
	if err != nil {
		return nil, err
	}
	clusters.Lock()
	delete(clusters.byID, p.Cluster)
	clusters.Unlock()
	cluster.Close()
	return nil, nil
}

func createTopics(p struct {
	of
	Topics []newTopic `json:"topics"`
	// Leaves topics alone that are there.
	Missing bool `json:"missing"`
}) (any, error) {
	cluster, err := p.find()
	if err != nil {
		return nil, err
	}
	for _, topic := range p.Topics {
		if p.Missing && cluster.TopicInfo(topic.Name) != nil {
			continue
		}
		if err := cluster.CreateTopic(topic.Name, topic.Partitions, topic.Config); err != nil {
			return nil, fmt.Errorf("topic %s: %w", topic.Name, err)
		}
	}
	return nil, nil
}

func deleteTopics(p struct {
	of
	Topics []string `json:"topics"`
}) (any, error) {
	cluster, err := p.find()
	if err != nil {
		return nil, err
	}
	for _, topic := range p.Topics {
		if err := cluster.DeleteTopic(topic); err != nil {
			return nil, fmt.Errorf("topic %s: %w", topic, err)
		}
	}
	return nil, nil
}

func ends(p struct {
	of
	Topic string `json:"topic"`
}) (any, error) {
	cluster, err := p.find()
	if err != nil {
		return nil, err
	}
	offsets := []int64{}
	for _, partition := range cluster.PartitionInfos(p.Topic) {
		offsets = append(offsets, partition.HighWatermark)
	}
	return offsets, nil
}

// Of each partition; nil where the group has committed nothing.
func committed(p struct {
	of
	Group string `json:"group"`
	Topic string `json:"topic"`
}) (any, error) {
	cluster, err := p.find()
	if err != nil {
		return nil, err
	}
	offsets := make([]*int64, len(cluster.PartitionInfos(p.Topic)))
	if group := cluster.GroupInfo(p.Group); group != nil {
		for partition, commit := range group.Commits[p.Topic] {
			if int(partition) < len(offsets) {
				offsets[partition] = &commit.Offset
			}
		}
	}
	return offsets, nil
}

type logger struct{}

func (logger) Logf(level kfake.LogLevel, format string, args ...any) {
	switch level {
	case kfake.LogLevelError:
		logLine("error", fmt.Sprintf(format, args...))
	case kfake.LogLevelWarn:
		logLine("warn", fmt.Sprintf(format, args...))
	}
}
