"""schemas.py SWAGGER.json FOLDER: what Kubernetes says of its API, as strict JSON schemas for kubeconform."""

import json
import pathlib
import sys

SCALARS = ("int32", "int64", "double", "byte", "float")


def strict(node):
    """Closes every object in `node`; what is optional may be null, which the API takes for absent."""
    if isinstance(node, list):
        for item in node:
            strict(item)
        return
    if not isinstance(node, dict):
        return
    if node.get("format") == "int-or-string":
        node.pop("type", None)
        node.pop("format")
        node["oneOf"] = [{"type": "string"}, {"type": "integer"}]
    if node.get("format") in SCALARS:
        node.pop("format")
    if "properties" in node:
        node.setdefault("additionalProperties", False)
        for name, field in node["properties"].items():
            if name in node.get("required", []) or not isinstance(field, dict):
                continue
            if isinstance(field.get("type"), str):
                field["type"] = [field["type"], "null"]
            elif "$ref" in field:
                field["anyOf"] = [{"$ref": field.pop("$ref")}, {"type": "null"}]
    for value in node.values():
        strict(value)


def main(source, folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    definitions = json.loads(pathlib.Path(source).read_text())["definitions"]
    for name, definition in definitions.items():
        strict(definition)
        if name.endswith("resource.Quantity"):
            definitions[name] = {"oneOf": [{"type": "string"}, {"type": "number"}]}
        if name.endswith("intstr.IntOrString"):
            definitions[name] = {"oneOf": [{"type": "string"}, {"type": "integer"}]}
    (folder / "_definitions.json").write_text(json.dumps({"definitions": definitions}))
    for name, definition in definitions.items():
        for kind in definition.get("x-kubernetes-group-version-kind", []):
            group, version = kind["group"], kind["version"]
            file = "-".join(filter(None, [kind["kind"], group.split(".")[0], version])).lower()
            known = {"apiVersion": {"const": "/".join(filter(None, [group, version]))}, "kind": {"const": kind["kind"]}}
            whole = {"properties": known, "required": ["apiVersion", "kind"]}
            schema = {"allOf": [{"$ref": f"_definitions.json#/definitions/{name}"}, whole]}
            (folder / f"{file}.json").write_text(json.dumps(schema))


main(*sys.argv[1:])
