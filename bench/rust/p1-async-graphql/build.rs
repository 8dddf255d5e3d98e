fn main() {
    // proto/ lies beside rust/ in the bench folder. protox stands in for protoc.
    let root = "../../proto";
    println!("cargo:rerun-if-changed={root}");
    let files = ["catalog", "users", "reviews", "inventory", "pricing"].map(|n| format!("shop/{n}.proto"));
    let descriptors = protox::compile(files, [root]).unwrap();
    tonic_prost_build::configure()
        .build_server(false)
        .compile_fds(descriptors)
        .unwrap();
}
