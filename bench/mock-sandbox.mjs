/** Returns a started sandbox as the service returns it, whose toolbox is at the same server. */
export function describeSandbox(id, labels, origin) {
  const now = new Date().toISOString();
  return {
    ...{ id, name: id, organizationId: "mock", labels, env: {}, user: "daytona", target: "us", snapshot: "mock", volumes: [] },
    ...{ state: "started", desiredState: "started", public: false, networkBlockAll: false, cpu: 1, gpu: 0, memory: 1, disk: 3 },
    ...{ autoStopInterval: 15, autoArchiveInterval: 10080, autoDeleteInterval: -1, createdAt: now, updatedAt: now },
    toolboxProxyUrl: `${origin}/toolbox`,
  };
}
