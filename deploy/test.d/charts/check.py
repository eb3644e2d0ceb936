"""Checks rendered manifests for what a schema cannot know: that selectors find pods, that ports exist, that nothing secret
is written out, that pods are locked down and are given the time they need, that every variable is one the services read.

Usage: check.py SOURCES < manifests    (SOURCES: the repository)
"""

import pathlib
import re
import sys

import yaml

KINDS_ALWAYS = ["Deployment", "Service", "ServiceAccount"]
OURS = re.compile(r"^(GATEWAY|BACKEND|PEAKA|PARTNER|LOG|OTEL)_")
SECRET = re.compile(r"SECRET|MASTER_KEYS|DATABASE_URL|REDIS_URL|PASSWORD")
# Listeners of each, which drain one after the other.
LISTENERS = {"gateway": 2, "backend": 1}

faults = []


def expect(holds, said):
    if not holds:
        faults.append(said)


def selects(selector, labels):
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def of(objects, kind):
    return [it for it in objects if it["kind"] == kind]


def check_locked_down(name, pod, known):
    """What holds of every pod; gives its container."""
    expect(pod.get("automountServiceAccountToken") is False, f"{name} mounts no token")
    expect(pod.get("enableServiceLinks") is False, f"{name} gets no variables of services")
    security = pod.get("securityContext", {})
    expect(security.get("runAsNonRoot") is True and security.get("runAsUser", 0) > 0, f"{name} runs as a numeric user")
    expect(security.get("seccompProfile", {}).get("type") == "RuntimeDefault", f"{name} has the default seccomp profile")
    (container,) = pod["containers"]
    security = container["securityContext"]
    expect(security.get("readOnlyRootFilesystem") is True, f"{name} has a read-only root")
    expect(security.get("allowPrivilegeEscalation") is False, f"{name} cannot gain rights")
    expect(security.get("capabilities") == {"drop": ["ALL"]}, f"{name} has no capabilities")
    names = [variable["name"] for variable in container["env"]]
    expect(len(names) == len(set(names)), f"{name} sets no variable twice")
    for variable in container["env"]:
        if OURS.match(variable["name"]):
            expect(variable["name"] in known, f"{name}: the services read {variable['name']}")
        if SECRET.search(variable["name"]):
            expect("secretKeyRef" in variable.get("valueFrom", {}), f"{name}: {variable['name']} is a reference")
        if "value" in variable:
            expect(isinstance(variable["value"], str) and variable["value"] != "", f"{name}: {variable['name']} has a text")
    mounts = {mount["name"] for mount in container.get("volumeMounts", [])}
    expect(mounts <= {volume["name"] for volume in pod.get("volumes", [])}, f"{name} mounts volumes that are there")
    return container


def check_job(job, known, selectors):
    template = job["spec"]["template"]
    name, pod, labels = job["metadata"]["name"], template["spec"], template["metadata"]["labels"]
    container = check_locked_down(name, pod, known)
    hook = job["metadata"]["annotations"]["helm.sh/hook"]
    expect(set(hook.split(",")) == {"pre-install", "pre-upgrade"}, f"{name} runs before a release")
    expect(container["args"] == ["migrate"] and pod["restartPolicy"] == "Never", f"{name} migrates and ends")
    expect("serviceAccountName" not in pod, f"{name} needs nothing of the release, which is not there yet")
    expect(not any(selects(selector, labels) for selector in selectors), f"{name} is sent no traffic and guarded by no policy")


def check_pod(deployment, known):
    template = deployment["spec"]["template"]
    name, pod = deployment["metadata"]["name"], template["spec"]
    component = template["metadata"]["labels"]["app.kubernetes.io/component"]
    expect(selects(deployment["spec"]["selector"]["matchLabels"], template["metadata"]["labels"]), f"{name} selects its pods")
    for spread in pod["topologySpreadConstraints"]:
        expect(selects(spread["labelSelector"]["matchLabels"], template["metadata"]["labels"]), f"{name} is spread by its own labels")
    container = check_locked_down(name, pod, known)
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    for probe in ("readinessProbe", "livenessProbe") + (("startupProbe",) if component == "gateway" else ()):
        get = container[probe]["httpGet"]
        expect(get["port"] in ports and get["path"] in ("/healthz", "/readyz"), f"{name}: {probe} asks something that is there")
    expect(container["livenessProbe"]["httpGet"]["path"] == "/healthz", f"{name} is not killed for what others lack")
    pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    values = {variable["name"]: variable.get("value") for variable in container["env"]}
    delay, drain = (int(values[f"{component.upper()}_{it}_SECONDS"]) for it in ("SHUTDOWN_DELAY", "DRAIN"))
    least = pause + delay + drain * LISTENERS[component]
    expect(pod["terminationGracePeriodSeconds"] > least, f"{name} may drain to the end")
    return component, template["metadata"]["labels"], ports


def check_policies(objects, pods):
    labels = {component: it[0] for component, it in pods.items()}
    for policy in of(objects, "NetworkPolicy"):
        spec, name = policy["spec"], policy["metadata"]["name"]
        (component,) = [c for c in labels if selects(spec["podSelector"]["matchLabels"], labels[c])]
        for rule in spec["ingress"]:
            for port in rule["ports"]:
                expect(port["port"] in pods[component][1], f"{name}: port {port['port']} exists")
                if (component, port["port"]) == ("gateway", "http"):
                    continue
                other = "backend" if component == "gateway" else "gateway"
                peers = [peer["podSelector"]["matchLabels"] for peer in rule.get("from", []) if "podSelector" in peer]
                expect(any(selects(peer, labels[other]) for peer in peers), f"{name}: {other} reaches {component}")
                expect(not any(selects(peer, labels[component]) for peer in peers), f"{name}: {component} does not reach itself")
                expect(rule.get("from"), f"{name}: {port['port']} is not open to everybody")
        if "Egress" in spec["policyTypes"]:
            expect(spec.get("egress"), f"{name}: egress has rules")


def main(sources):
    objects = [it for it in yaml.safe_load_all(sys.stdin) if it]
    known = set()
    for crate in ("gateway", "mcp-backend", "shared"):
        for file in pathlib.Path(sources, crate, "src").rglob("*.rs"):
            # Where it is read, or, if the name is put together there, where it is told of.
            known.update(re.findall(r'(?:"|/// `)([A-Z][A-Z0-9_]+)["`]', file.read_text()))
    for kind in KINDS_ALWAYS:
        expect(of(objects, kind), f"there is a {kind}")
    names = [(it["kind"], it["metadata"]["name"]) for it in objects]
    expect(len(names) == len(set(names)), "no name is used twice")
    expect(not of(objects, "Secret"), "no secret is written out")
    pods = {}
    for deployment in of(objects, "Deployment"):
        component, labels, ports = check_pod(deployment, known)
        pods[component] = (labels, ports)
        scaled = any(it["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"] for it in of(objects, "HorizontalPodAutoscaler"))
        expect(scaled != ("replicas" in deployment["spec"]), f"{component}: either an autoscaler or a number says how many")
        account = deployment["spec"]["template"]["spec"]["serviceAccountName"]
        expect(("ServiceAccount", account) in names, f"{component}: its service account is there")
    expect(set(pods) == {"gateway", "backend"}, "there are both services")
    services = {it["metadata"]["name"]: it["spec"] for it in of(objects, "Service")}
    selectors = [spec["selector"] for spec in services.values()]
    selectors += [it["spec"]["podSelector"]["matchLabels"] for it in of(objects, "NetworkPolicy")]
    for job in of(objects, "Job"):
        check_job(job, known, selectors)
    for name, spec in services.items():
        found = [ports for labels, ports in pods.values() if selects(spec["selector"], labels)]
        expect(len(found) == 1, f"{name} leads to one kind of pod")
        for port in spec["ports"]:
            expect(all(port["targetPort"] in ports for ports in found), f"{name}: port {port['name']} is open")
            expect(port["targetPort"] == port["name"], f"{name}: port {port['name']} leads to the port of that name")
        serves_backend = any(ports is pods["backend"][1] for ports in found)
        expect(not serves_backend or spec.get("clusterIP") == "None", f"{name} resolves to the backend's pods themselves")
        internal = any(port["targetPort"] == "internal" for port in spec["ports"])
        expect(not internal or (spec["type"] == "ClusterIP" and len(spec["ports"]) == 1), f"{name}: the internal port stays inside")
    for budget in of(objects, "PodDisruptionBudget"):
        found = [c for c, (labels, _) in pods.items() if selects(budget["spec"]["selector"]["matchLabels"], labels)]
        expect(len(found) == 1, f"{budget['metadata']['name']} guards one kind of pod")
    for monitor in of(objects, "ServiceMonitor"):
        name, wanted = monitor["metadata"]["name"], monitor["spec"]["selector"]["matchLabels"]
        labelled = [it["spec"] for it in of(objects, "Service") if selects(wanted, it["metadata"]["labels"])]
        for endpoint in monitor["spec"]["endpoints"]:
            found = [spec for spec in labelled if any(port["name"] == endpoint["port"] for port in spec["ports"])]
            expect(len(found) == 1, f"{name}: one Service has the port {endpoint['port']}")
            expect(endpoint["path"] == "/metrics", f"{name} asks for the metrics")
    for rule in of(objects, "PrometheusRule"):
        alerts = [alert for group in rule["spec"]["groups"] for alert in group["rules"]]
        expect(alerts and all(alert["expr"] and alert["annotations"]["summary"] for alert in alerts), "alerts say what is wrong")
    check_policies(objects, pods)
    backends = [rule["backend"]["service"] for it in of(objects, "Ingress") for host in it["spec"]["rules"] for rule in host["http"]["paths"]]
    backends = [(it["name"], it["port"]["name"]) for it in backends]
    for route in of(objects, "HTTPRoute"):
        expect(route["spec"]["parentRefs"] and route["spec"]["hostnames"], "a route has parents and hosts")
        for rule in route["spec"]["rules"]:
            backends += [(it["name"], it["port"]) for it in rule["backendRefs"]]
    for name, port in backends:
        expect(any(port in (it["name"], it["port"]) and it["targetPort"] == "http" for it in services.get(name, {}).get("ports", [])), f"traffic goes to a port of {name} that is there, the public one")
    urls = {variable["name"]: variable.get("value", "") for it in of(objects, "Deployment") for variable in it["spec"]["template"]["spec"]["containers"][0]["env"]}
    for variable in ("GATEWAY_BACKEND_URL", "GATEWAY_INTERNAL_URL"):
        host, port = urls[variable].removeprefix("http://").split(":")
        expect(any(str(it["port"]) == port for it in services.get(host, {}).get("ports", [])), f"{variable} names a Service")
    expect(urls["GATEWAY_ISSUER"] == urls["GATEWAY_PUBLIC_URL"], "both services know the same issuer")
    for fault in faults:
        print(f"not so: {fault}", file=sys.stderr)
    return 1 if faults else 0


sys.exit(main(sys.argv[1]))
