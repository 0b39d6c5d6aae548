module github.com/cliproxy/cliproxy/examples/sdk/go

go 1.21
