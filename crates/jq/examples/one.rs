fn main() {
    let a: Vec<String> = std::env::args().collect();
    let (f, i) = (a[1].clone(), a[2].clone());
    aimem_jq::within(
        &Default::default(),
        || false,
        move || {
            let f = match aimem_jq::Filter::compile(&f, &Default::default()) {
                Ok(f) => f,
                Err(e) => {
                    println!("{e}");
                    return;
                }
            };
            let r = f.run_each(aimem_jq::Value::parse(i.as_bytes()).unwrap(), |v| {
                let mut o = Vec::new();
                aimem_jq::print(&v, &aimem_jq::Style::compact(), false, &mut o).unwrap();
                print!("{}", String::from_utf8(o).unwrap());
                std::ops::ControlFlow::Continue(())
            });
            if let Err(e) = r {
                println!("error: {e}");
            }
        },
    )
    .unwrap();
}
