// Faults that a test orders: errors in answers, answers that come late, leaders, coordinators and brokers that move.

package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// One that was ordered: how often it has struck, and its end.
type ordered struct {
	hits func() int
	lift func()
}

var orders = struct {
	sync.Mutex
	last int
	byID map[int]ordered
}{byID: map[int]ordered{}}

func order(o ordered) int {
	orders.Lock()
	defer orders.Unlock()
	orders.last++
	orders.byID[orders.last] = o
	return orders.last
}

type faultParams struct {
	of
	Requests   []string `json:"requests"`
	Error      string   `json:"error"`
	Group      string   `json:"group"`
	Topic      string   `json:"topic"`
	Partitions []int32  `json:"partitions"`
	Nodes      []int32  `json:"nodes"`
	// -1: until it is lifted.
	Count int `json:"count"`
}

func fault(cluster *kfake.Cluster, p faultParams) (any, error) {
	keys, err := keysOf(p.Requests)
	if err != nil {
		return nil, err
	}
	code, err := errorOf(p.Error)
	if err != nil {
		return nil, err
	}
	handle := cluster.Fault(kfake.Fault{
		Keys: keys, Nodes: p.Nodes, Topic: p.Topic, Partitions: p.Partitions, Group: p.Group, Err: code, Count: p.Count,
	})
	return order(ordered{hits: handle.Hits, lift: handle.Remove}), nil
}

type delayParams struct {
	of
	Requests     []string `json:"requests"`
	Milliseconds int      `json:"milliseconds"`
	Count        int      `json:"count"`
}

func delay(cluster *kfake.Cluster, p delayParams) (any, error) {
	keys, err := keysOf(p.Requests)
	if err != nil {
		return nil, err
	}
	var struck atomic.Int64
	var lifted atomic.Bool
	for _, key := range keys {
		cluster.ControlKey(int16(key), func(kmsg.Request) (kmsg.Response, error, bool) {
			if lifted.Load() || p.Count >= 0 && struck.Load() >= int64(p.Count) {
				cluster.DropControl()
				return nil, nil, false
			}
			struck.Add(1)
			cluster.KeepControl()
			cluster.SleepControl(func() { time.Sleep(time.Duration(p.Milliseconds) * time.Millisecond) })
			return nil, nil, false
		})
	}
	return order(ordered{
		hits: func() int { return int(struck.Load()) },
		lift: func() { lifted.Store(true) },
	}), nil
}

type whichOrder struct {
	Order int `json:"order"`
}

func (w whichOrder) find() (ordered, error) {
	orders.Lock()
	defer orders.Unlock()
	found, ok := orders.byID[w.Order]
	if !ok {
		return ordered{}, fmt.Errorf("no fault has the number %d", w.Order)
	}
	return found, nil
}

func hits(p whichOrder) (any, error) {
	found, err := p.find()
	if err != nil {
		return nil, err
	}
	return found.hits(), nil
}

func lift(p whichOrder) (any, error) {
	found, err := p.find()
	if err != nil {
		return nil, err
	}
	found.lift()
	return nil, nil
}

func keysOf(names []string) ([]kmsg.Key, error) {
	known := map[string]kmsg.Key{}
	for key := int16(0); key <= kmsg.MaxKey; key++ {
		known[kmsg.NameForKey(key)] = kmsg.Key(key)
	}
	keys := make([]kmsg.Key, 0, len(names))
	for _, name := range names {
		key, ok := known[name]
		if !ok {
			return nil, fmt.Errorf("Kafka has no request named %q", name)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// By Kafka's own name, such as REBALANCE_IN_PROGRESS. One of them is an older one here.
func errorOf(name string) (*kerr.Error, error) {
	if name == "NOT_LEADER_OR_FOLLOWER" {
		return kerr.NotLeaderForPartition, nil
	}
	for code := int16(-1); code < 200; code++ {
		if err, ok := kerr.ErrorForCode(code).(*kerr.Error); ok && err.Message == name {
			return err, nil
		}
	}
	return nil, fmt.Errorf("Kafka has no error named %q", name)
}

// Ends the program as a bug would, or a kill of the broker: nothing more is written.
func crash(of) (any, error) { panic("it was told to") }
