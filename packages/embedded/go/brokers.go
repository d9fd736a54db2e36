// Leaders, coordinators and brokers: who is what, and moving them.

package main

import "fmt"

func leader(p struct {
	of
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
}) (any, error) {
	cluster, err := p.find()
	if err != nil {
		return nil, err
	}
	return cluster.LeaderFor(p.Topic, p.Partition), nil
}

func moveLeader(p struct {
	of
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Node      int32  `json:"node"`
}) (any, error) {
	cluster, err := p.find()
	if err != nil {
		return nil, err
	}
	return nil, cluster.MoveTopicPartition(p.Topic, p.Partition, p.Node)
}

func coordinator(p struct {
	of
	Group string `json:"group"`
}) (any, error) {
	cluster, err := p.find()
	if err != nil {
		return nil, err
	}
	return cluster.CoordinatorFor(p.Group), nil
}

// Until the group's coordinator is another one: kfake draws anew for all groups at once.
func moveCoordinators(p struct {
	of
	Group string `json:"group"`
}) (any, error) {
	cluster, err := p.find()
	if err != nil {
		return nil, err
	}
	before := cluster.CoordinatorFor(p.Group)
	for range 100 {
		cluster.RehashCoordinators()
		if now := cluster.CoordinatorFor(p.Group); now != before {
			return now, nil
		}
	}
	return nil, fmt.Errorf("the coordinator of %s can only be moved where there are two brokers", p.Group)
}

func addBroker(p struct {
	of
	Node int32 `json:"node"`
	Port int   `json:"port"`
}) (any, error) {
	cluster, err := p.find()
	if err != nil {
		return nil, err
	}
	_, _, err = cluster.AddNode(p.Node, p.Port)
	return nil, err
}

func dropBroker(p struct {
	of
	Node int32 `json:"node"`
}) (any, error) {
	cluster, err := p.find()
	if err != nil {
		return nil, err
	}
	return nil, cluster.RemoveNode(p.Node)
}
