{
  description = "Compiles a deployment topology to what Docker Compose, Helm or systemd runs";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      forSystems = make: nixpkgs.lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});

      # Everything but what builds leave behind: contracts (.ncl) and fixtures are part of the source.
      source = builtins.path {
        name = "clp-gen-source";
        path = ./.;
        filter =
          path: type:
          let
            name = baseNameOf path;
          in
          !(type == "directory" && (name == "target" || name == ".git"))
          && builtins.match "result(-.*)?" name == null;
      };

      package =
        pkgs:
        pkgs.rustPlatform.buildRustPackage {
          pname = "clp-gen";
          version = (builtins.fromTOML (builtins.readFile ./Cargo.toml)).workspace.package.version;
          src = source;
          cargoLock.lockFile = ./Cargo.lock;
          # The tests judge with programs of many targets: `make test` installs and runs them.
          doCheck = false;
          meta = {
            description = "Compiles a deployment topology to what Docker Compose, Helm or systemd runs";
            mainProgram = "clp-gen";
          };
        };

      # The artifact of a deployment as a path of the Nix store, byte for byte what
      # `clp-gen build --out` writes. That store is readable by all: a configuration with the value
      # of a secret is refused; `clp-gen inputs --redacted` writes one without.
      buildDeployment =
        {
          target,
          config ? null,
          host ? null,
          lock ? null,
          package ? "clp",
          system ? builtins.currentSystem or "x86_64-linux",
          pkgs ? nixpkgs.legacyPackages.${system},
          clp-gen ? self.packages.${system}.default,
        }:
        let
          input = option: file: if file == null then "" else "--${option} ${file}";
        in
        pkgs.runCommand "deployment-${target}" { } ''
          ${clp-gen}/bin/clp-gen build --no-secrets --offline --target ${target} \
            --package ${package} ${input "config" config} ${input "host" host} \
            ${input "lock" lock} --out artifact
          cp -R artifact "$out"
        '';
    in
    {
      packages = forSystems (pkgs: {
        default = package pkgs;
      });

      apps = forSystems (pkgs: {
        default = {
          type = "app";
          program = "${self.packages.${pkgs.system}.default}/bin/clp-gen";
        };
      });

      devShells = forSystems (pkgs: {
        default = pkgs.mkShell {
          packages = [
            pkgs.cargo
            pkgs.clippy
            pkgs.rustc
            pkgs.rustfmt
            pkgs.gnumake
            pkgs.go
            pkgs.python3
          ];
        };
      });

      checks = forSystems (pkgs: {
        package = self.packages.${pkgs.system}.default;
        deployment = pkgs.runCommand "verified-deployment" { } ''
          ${self.packages.${pkgs.system}.default}/bin/clp-gen verify --store store ${
            buildDeployment {
              inherit (pkgs) system;
              target = "compose";
              config = ./fixtures/accepted/clp-customised/in/etc/clp-config.yaml;
              host = ./fixtures/accepted/clp-customised/in/etc/host.yaml;
            }
          }
          echo verified > "$out"
        '';
      });

      overlays.default = final: prev: {
        clp-gen = package final;
      };

      lib = {
        inherit buildDeployment;
      };
    };
}
