# Builds from the crate's own archive, which `cargo package` makes:
#   cargo package && brew install --build-from-source ./packaging/aimem.rb
class Aimem < Formula
  desc "Lets AI coding agents, editors and cron jobs share files without losing a byte"
  version "0.1.0"
  url "file://#{File.expand_path("../target/package/aimem-0.1.0.crate", __dir__)}"
  license any_of: ["MIT", "Apache-2.0"]

  depends_on "rust" => :build

  def install
    system "cargo", "install", *std_cargo_args
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/aimem.bash" => "aimem"
    zsh_completion.install "completions/_aimem"
    fish_completion.install "completions/aimem.fish"
  end

  test do
    (testpath/"a.json").write "{\"n\": 1}\n"
    system bin/"aimem", "update", "a.json", ".n += 1"
    assert_equal "2\n", shell_output("#{bin}/aimem read a.json .n")
  end
end
