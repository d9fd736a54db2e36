// Leaders, coordinators and brokers: who is what, and moving them.

package main

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kfake"
)

func leader(cluster *kfake.Cluster, p struct {
	of
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
}) (any, error) {
	return cluster.LeaderFor(p.Topic, p.Partition), nil
}

func moveLeader(cluster *kfake.Cluster, p struct {
	of
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Node      int32  `json:"node"`
}) (any, error) {
	return nil, cluster.MoveTopicPartition(p.Topic, p.Partition, p.Node)
}

func coordinator(cluster *kfake.Cluster, p struct {
	of
	Group string `json:"group"`
}) (any, error) {
	return cluster.CoordinatorFor(p.Group), nil
}

// Until the group's coordinator is another one: kfake draws anew for all groups at once.
func moveCoordinators(cluster *kfake.Cluster, p struct {
	of
	Group string `json:"group"`
}) (any, error) {
	before := cluster.CoordinatorFor(p.Group)
	for range 100 {
		cluster.RehashCoordinators()
		if now := cluster.CoordinatorFor(p.Group); now != before {
			return now, nil
		}
	}
	return nil, fmt.Errorf("the coordinator of %s can only be moved where there are two brokers", p.Group)
}

func addBroker(cluster *kfake.Cluster, p struct {
	of
	Node int32 `json:"node"`
	Port int   `json:"port"`
}) (any, error) {
	_, _, err := cluster.AddNode(p.Node, p.Port)
	return nil, err
}

func dropBroker(cluster *kfake.Cluster, p struct {
	of
	Node int32 `json:"node"`
}) (any, error) {
	return nil, cluster.RemoveNode(p.Node)
}
