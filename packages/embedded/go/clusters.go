// What JavaScript may ask of a cluster: to open and close it, and what its topics and brokers are to do.

package main

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

var calls = map[string]func([]byte) (any, error){
	"open":             typed(open),
	"close":            on(closeCluster),
	"createTopics":     on(createTopics),
	"deleteTopics":     on(deleteTopics),
	"ends":             on(ends),
	"committed":        on(committed),
	"fault":            on(fault),
	"delay":            on(delay),
	"hits":             typed(hits),
	"lift":             typed(lift),
	"leader":           on(leader),
	"moveLeader":       on(moveLeader),
	"coordinator":      on(coordinator),
	"moveCoordinators": on(moveCoordinators),
	"addBroker":        on(addBroker),
	"dropBroker":       on(dropBroker),
	"crash":            typed(crash),
}

var clusters = struct {
	sync.Mutex
	byID map[int]*kfake.Cluster
}{byID: map[int]*kfake.Cluster{}}

// Which cluster a call is about.
type of struct {
	Cluster int `json:"cluster"`
}

func (o of) id() int { return o.Cluster }

// A call that is about a cluster which is open.
func on[P interface{ id() int }](fn func(*kfake.Cluster, P) (any, error)) func([]byte) (any, error) {
	return typed(func(p P) (any, error) {
		clusters.Lock()
		cluster := clusters.byID[p.id()]
		clusters.Unlock()
		if cluster == nil {
			return nil, errors.New("this Kafka is stopped")
		}
		return fn(cluster, p)
	})
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

func closeCluster(cluster *kfake.Cluster, p of) (any, error) {
	clusters.Lock()
	delete(clusters.byID, p.Cluster)
	clusters.Unlock()
	cluster.Close()
	return nil, nil
}

func createTopics(cluster *kfake.Cluster, p struct {
	of
	Topics []newTopic `json:"topics"`
	// Leaves topics alone that are there.
	Missing bool `json:"missing"`
}) (any, error) {
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

func deleteTopics(cluster *kfake.Cluster, p struct {
	of
	Topics []string `json:"topics"`
}) (any, error) {
	for _, topic := range p.Topics {
		if err := cluster.DeleteTopic(topic); err != nil {
			return nil, fmt.Errorf("topic %s: %w", topic, err)
		}
	}
	return nil, nil
}

func ends(cluster *kfake.Cluster, p struct {
	of
	Topic string `json:"topic"`
}) (any, error) {
	offsets := []int64{}
	for _, partition := range cluster.PartitionInfos(p.Topic) {
		offsets = append(offsets, partition.HighWatermark)
	}
	return offsets, nil
}

// Of each partition; nil where the group has committed nothing.
func committed(cluster *kfake.Cluster, p struct {
	of
	Group string `json:"group"`
	Topic string `json:"topic"`
}) (any, error) {
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
