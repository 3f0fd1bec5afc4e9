//! One chart for each mix: the median of each contender over the number of threads.

use std::{error::Error, fs};

use plotters::prelude::*;

use crate::{
    Effort,
    ratios::{Series, median},
};

/// Writes the chart of a mix, if charts are wanted.
pub(crate) fn write(effort: &Effort, name: &str, lines: &[(usize, Vec<Series>)]) {
    let Some(directory) = &effort.charts else { return };
    let path = directory.join(format!("{}.svg", name.replace(' ', "-")));
    let written = fs::create_dir_all(directory).map_err(Into::into).and_then(|()| draw(&path, name, lines));
    if let Err(error) = written {
        eprintln!("{}: {error}", path.display());
    }
}

fn draw(path: &std::path::Path, name: &str, lines: &[(usize, Vec<Series>)]) -> Result<(), Box<dyn Error>> {
    let Some((_, first)) = lines.first() else { return Ok(()) };
    let top = lines.iter().flat_map(|(_, all)| all).map(|it| median(&it.figures)).fold(0.0, f64::max);
    let most = lines.iter().map(|(threads, _)| *threads).max().unwrap_or(1);
    let root = SVGBackend::new(path, (860, 480)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(format!("{name}: million operations a second"), ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(32)
        .y_label_area_size(48)
        .build_cartesian_2d(1.0..(most as f64 + 0.01), 0.0..top * 1.05)?;
    chart.configure_mesh().x_desc("threads").light_line_style(WHITE).draw()?;
    for (at, series) in first.iter().enumerate() {
        let color = Palette99::pick(at).to_rgba();
        let points = lines.iter().map(|(threads, all)| (*threads as f64, median(&all[at].figures)));
        let width = if at == 0 { 3 } else { 1 };
        chart
            .draw_series(LineSeries::new(points, color.stroke_width(width)).point_size(3))?
            .label(series.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE)
        .draw()?;
    root.present()?;
    Ok(())
}
