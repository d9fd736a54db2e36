// Kafka in JavaScript: clusters of kfake, which speak Kafka's protocol, on sockets that JavaScript holds. This file is the border:
// what JavaScript may call, and what it is told. It knows nothing of what the calls do.

package main

import (
	"encoding/json"
	"fmt"
	"syscall/js"
)

var host js.Value

func main() {
	host = js.Global().Get("embedded")
	host.Set("accept", js.FuncOf(func(_ js.Value, args []js.Value) any {
		accept(int32(args[0].Int()), args[1].Int(), args[2].Int())
		return nil
	}))
	host.Set("readable", js.FuncOf(func(_ js.Value, args []js.Value) any {
		wakeReader(int32(args[0].Int()))
		return nil
	}))
	host.Set("drained", js.FuncOf(func(_ js.Value, args []js.Value) any {
		wakeWriter(int32(args[0].Int()))
		return nil
	}))
	// A callback must not block: each call gets a goroutine of its own.
	host.Set("call", js.FuncOf(func(_ js.Value, args []js.Value) any {
		go answer(args[0].Int(), args[1].String(), args[2].String())
		return nil
	}))
	host.Call("ready")
	select {}
}

func answer(id int, name, params string) {
	result, err := perform(name, params)
	if err != nil {
		host.Call("failed", id, err.Error())
		return
	}
	encoded, err := json.Marshal(result)
	if err != nil {
		host.Call("failed", id, err.Error())
		return
	}
	host.Call("answered", id, string(encoded))
}

func perform(name, params string) (any, error) {
	call, ok := calls[name]
	if !ok {
		return nil, fmt.Errorf("no call is named %q", name)
	}
	return call([]byte(params))
}

// A typed function as a call that takes JSON.
func typed[P any](fn func(P) (any, error)) func([]byte) (any, error) {
	return func(raw []byte) (any, error) {
		var params P
		if err := json.Unmarshal(raw, &params); err != nil {
			return nil, err
		}
		return fn(params)
	}
}

func logLine(level, line string) { host.Call("log", level, line) }
