module my-plugin

go 1.21

require github.com/cliproxy/cliproxy/examples/sdk/go v0.0.0

replace github.com/cliproxy/cliproxy/examples/sdk/go => ./sdk
