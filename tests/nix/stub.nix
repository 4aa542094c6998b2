# What the flake needs of nixpkgs, made from this machine's programs. The program under test lies
# beside it: `buildRustPackage` checks what it would be built from, and installs it.
{
  outputs =
    { self }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" ];
      run =
        system: name: script:
        builtins.derivation {
          inherit name system;
          builder = "/bin/sh";
          args = [ "-euc" "PATH=/usr/bin:/bin; ${script}" ];
        };
      packages = system: rec {
        inherit system;
        runCommand = name: _environment: run system name;
        mkShell = { packages }: run system "shell" "echo ${toString (map (it: it.name) packages)} > $out";
        tool = name: run system name "echo > $out";
        cargo = tool "cargo";
        clippy = tool "clippy";
        rustc = tool "rustc";
        rustfmt = tool "rustfmt";
        gnumake = tool "gnumake";
        go = tool "go";
        python3 = tool "python3";
        rustPlatform.buildRustPackage =
          { pname, version, src, cargoLock, doCheck, meta }:
          assert (builtins.fromTOML (builtins.readFile cargoLock.lockFile)).version >= 3;
          run system "${pname}-${version}" ''
            test -f ${src}/src/main.rs
            test -f ${src}/nickel/packages/clp/main.ncl
            test -f ${src}/fixtures/accepted/notes/in/options
            test ! -e ${src}/target
            mkdir -p $out/bin
            cp ${./clp-gen} $out/bin/${meta.mainProgram}
          '';
      };
      genAttrs =
        names: make:
        builtins.listToAttrs (map (name: { inherit name; value = make name; }) names);
    in
    {
      lib = { inherit genAttrs; };
      legacyPackages = genAttrs systems packages;
    };
}
