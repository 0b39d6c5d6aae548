module cliproxy-scheduler-example

go 1.21
