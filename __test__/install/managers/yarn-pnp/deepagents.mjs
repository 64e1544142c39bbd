import "deepagents";
