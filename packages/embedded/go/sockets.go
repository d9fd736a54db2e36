// Which connections and listeners there are, by the numbers that JavaScript knows them by.

package main

import (
	"fmt"
	"net"
	"sync"
)

var sockets = struct {
	sync.Mutex
	conns     map[int32]*conn
	listeners map[int]*listener
	waiting   map[int][]*conn // came before anybody listened on their port
}{
	conns:     map[int32]*conn{},
	listeners: map[int]*listener{},
	waiting:   map[int][]*conn{},
}

func accept(id int32, port, remotePort int) {
	c := newConn(id, port, remotePort, logLine)
	sockets.Lock()
	sockets.conns[id] = c
	l := sockets.listeners[port]
	if l == nil {
		sockets.waiting[port] = append(sockets.waiting[port], c)
	}
	sockets.Unlock()
	if l != nil {
		l.offer(c)
	}
}

// In place of net.Listen: JavaScript holds the port already.
func listen(_, address string) (net.Listener, error) {
	addr, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, err
	}
	l := &listener{addr: addr, accept: make(chan *conn), closed: make(chan struct{})}
	sockets.Lock()
	defer sockets.Unlock()
	if sockets.listeners[addr.Port] != nil {
		return nil, fmt.Errorf("port %d is listened on already", addr.Port)
	}
	sockets.listeners[addr.Port] = l
	for _, c := range sockets.waiting[addr.Port] {
		l.offer(c)
	}
	delete(sockets.waiting, addr.Port)
	return l, nil
}

// A broker that is gone has no connections either.
func unlisten(l *listener) {
	sockets.Lock()
	var left []*conn
	for _, c := range sockets.conns {
		if c.local.Port == l.addr.Port {
			left = append(left, c)
		}
	}
	if sockets.listeners[l.addr.Port] == l {
		delete(sockets.listeners, l.addr.Port)
	}
	sockets.Unlock()
	for _, c := range left {
		c.Close()
	}
}

func forget(id int32) {
	sockets.Lock()
	delete(sockets.conns, id)
	sockets.Unlock()
}

func find(id int32) *conn {
	sockets.Lock()
	defer sockets.Unlock()
	return sockets.conns[id]
}

func wakeReader(id int32) {
	if c := find(id); c != nil {
		wake(c.readable)
	}
}

func wakeWriter(id int32) {
	if c := find(id); c != nil {
		wake(c.drained)
	}
}
