module libcontain/contain

go 1.18
