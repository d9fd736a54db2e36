// A listener whose connections JavaScript accepts.

package main

import (
	"net"
	"sync"
)

type listener struct {
	addr   *net.TCPAddr
	accept chan *conn
	once   sync.Once
	closed chan struct{}
}

// Does not wait for who accepts it.
func (l *listener) offer(c *conn) {
	go func() {
		select {
		case l.accept <- c:
		case <-l.closed:
			c.Close()
		}
	}()
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.accept:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() {
		close(l.closed)
		unlisten(l)
	})
	return nil
}

func (l *listener) Addr() net.Addr { return l.addr }
